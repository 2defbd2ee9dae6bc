;; Release code of assembly/winograd-tiles.ts, written by `npm run build:wat`: a change of it shows here.

(func $assembly/winograd-tiles/winogradTiles (param $0 i32) (result i32)
 local.get $0
 i32.load
 local.get $0
 i32.load offset=16
 i32.const 3
 i32.add
 i32.const 4
 i32.div_s
 i32.mul
 local.get $0
 i32.load offset=20
 i32.const 3
 i32.add
 i32.const 4
 i32.div_s
 i32.mul
)

(func $assembly/winograd-tiles/transformOutput (param $0 i32) (param $1 i32) (param $2 i32) (param $3 i32) (param $4 i32) (param $5 i32) (param $6 i32) (param $7 i32) (param $8 i32) (param $9 f32) (param $10 f32) (param $11 i32)
 (local $12 i32)
 (local $13 i32)
 (local $14 i32)
 (local $15 v128)
 (local $16 i32)
 (local $17 i32)
 (local $18 i32)
 (local $19 v128)
 (local $20 i32)
 (local $21 i32)
 (local $22 i32)
 (local $23 v128)
 (local $24 i32)
 (local $25 i32)
 (local $26 v128)
 (local $27 v128)
 (local $28 v128)
 (local $29 v128)
 (local $30 v128)
 (local $31 v128)
 (local $32 i32)
 (local $33 v128)
 local.get $3
 local.get $0
 i32.load offset=20
 local.tee $12
 i32.const 3
 i32.add
 i32.const 4
 i32.div_s
 local.tee $13
 i32.div_s
 local.get $0
 i32.load offset=16
 local.tee $14
 i32.const 3
 i32.add
 i32.const 4
 i32.div_s
 local.tee $16
 i32.rem_s
 i32.const 2
 i32.shl
 local.set $17
 i32.const 4
 local.get $14
 local.get $17
 i32.sub
 local.tee $20
 local.get $20
 i32.const 4
 i32.gt_s
 select
 local.set $24
 i32.const 4
 local.get $12
 local.get $3
 local.get $13
 i32.rem_s
 i32.const 2
 i32.shl
 local.tee $22
 i32.sub
 local.tee $20
 local.get $20
 i32.const 4
 i32.gt_s
 select
 local.set $25
 local.get $0
 i32.load offset=24
 i32.const 2
 i32.shl
 local.tee $21
 local.get $12
 i32.mul
 local.set $20
 local.get $12
 local.get $14
 local.get $3
 local.get $13
 local.get $16
 i32.mul
 i32.div_s
 i32.mul
 local.get $17
 i32.add
 i32.mul
 local.get $22
 i32.add
 local.get $21
 i32.mul
 local.get $4
 i32.const 2
 i32.shl
 i32.add
 local.set $22
 local.get $9
 f32x4.splat
 local.set $15
 local.get $10
 f32x4.splat
 local.set $19
 local.get $11
 i32.const 384
 i32.add
 local.set $12
 loop $for-loop|0
  local.get $5
  local.get $18
  i32.gt_s
  if
   local.get $6
   local.set $3
   local.get $11
   local.set $0
   i32.const 0
   local.set $13
   loop $for-loop|1
    local.get $13
    i32.const 6
    i32.lt_s
    if
     local.get $3
     local.get $7
     i32.const 30
     i32.mul
     i32.add
     v128.load
     local.set $23
     local.get $0
     local.get $3
     local.get $7
     i32.const 6
     i32.mul
     i32.add
     v128.load
     local.tee $26
     local.get $3
     local.get $7
     i32.const 12
     i32.mul
     i32.add
     v128.load
     local.tee $27
     f32x4.add
     local.tee $28
     local.get $3
     local.get $7
     i32.const 18
     i32.mul
     i32.add
     v128.load
     local.tee $29
     local.get $3
     local.get $7
     i32.const 24
     i32.mul
     i32.add
     v128.load
     local.tee $30
     f32x4.add
     local.tee $31
     f32x4.add
     local.get $3
     v128.load
     f32x4.add
     v128.store
     local.get $0
     local.get $26
     local.get $27
     f32x4.sub
     v128.const i32x4 0x3f3504f3 0x3f3504f3 0x3f3504f3 0x3f3504f3
     f32x4.mul
     local.tee $26
     local.get $29
     local.get $30
     f32x4.sub
     v128.const i32x4 0x3fb504f3 0x3fb504f3 0x3fb504f3 0x3fb504f3
     f32x4.mul
     local.tee $27
     f32x4.add
     v128.store offset=96
     local.get $0
     local.get $28
     v128.const i32x4 0x3f000000 0x3f000000 0x3f000000 0x3f000000
     f32x4.mul
     local.get $31
     v128.const i32x4 0x40000000 0x40000000 0x40000000 0x40000000
     f32x4.mul
     f32x4.add
     v128.store offset=192
     local.get $0
     local.get $26
     v128.const i32x4 0x3f000000 0x3f000000 0x3f000000 0x3f000000
     f32x4.mul
     local.get $27
     v128.const i32x4 0x40000000 0x40000000 0x40000000 0x40000000
     f32x4.mul
     f32x4.add
     local.get $23
     f32x4.add
     v128.store offset=288
     local.get $13
     i32.const 1
     i32.add
     local.set $13
     local.get $3
     local.get $7
     i32.add
     local.set $3
     local.get $0
     i32.const 16
     i32.add
     local.set $0
     br $for-loop|1
    end
   end
   local.get $8
   v128.load
   local.set $26
   local.get $22
   local.get $18
   i32.const 2
   i32.shl
   i32.add
   local.set $32
   i32.const 0
   local.set $16
   loop $for-loop|2
    local.get $16
    local.get $24
    i32.lt_s
    if
     local.get $11
     local.get $16
     i32.const 96
     i32.mul
     i32.add
     local.tee $0
     v128.load offset=16
     local.set $27
     local.get $0
     v128.load offset=80
     local.set $28
     local.get $12
     local.get $27
     local.get $0
     v128.load offset=32
     local.tee $29
     f32x4.add
     local.tee $30
     local.get $0
     v128.load offset=48
     local.tee $31
     local.get $0
     v128.load offset=64
     local.tee $33
     f32x4.add
     local.tee $23
     f32x4.add
     local.get $0
     v128.load
     f32x4.add
     v128.store
     local.get $12
     local.tee $0
     local.get $27
     local.get $29
     f32x4.sub
     v128.const i32x4 0x3f3504f3 0x3f3504f3 0x3f3504f3 0x3f3504f3
     f32x4.mul
     local.tee $27
     local.get $31
     local.get $33
     f32x4.sub
     v128.const i32x4 0x3fb504f3 0x3fb504f3 0x3fb504f3 0x3fb504f3
     f32x4.mul
     local.tee $29
     f32x4.add
     v128.store offset=16
     local.get $0
     local.get $30
     v128.const i32x4 0x3f000000 0x3f000000 0x3f000000 0x3f000000
     f32x4.mul
     local.get $23
     v128.const i32x4 0x40000000 0x40000000 0x40000000 0x40000000
     f32x4.mul
     f32x4.add
     v128.store offset=32
     local.get $0
     local.get $27
     v128.const i32x4 0x3f000000 0x3f000000 0x3f000000 0x3f000000
     f32x4.mul
     local.get $29
     v128.const i32x4 0x40000000 0x40000000 0x40000000 0x40000000
     f32x4.mul
     f32x4.add
     local.get $28
     f32x4.add
     v128.store offset=48
     local.get $32
     local.get $16
     local.get $20
     i32.mul
     i32.add
     local.set $3
     i32.const 0
     local.set $17
     loop $for-loop|3
      local.get $17
      local.get $25
      i32.lt_s
      if
       local.get $0
       v128.load
       local.get $26
       f32x4.add
       local.set $23
       local.get $5
       local.get $18
       i32.sub
       i32.const 4
       i32.ge_s
       if
        local.get $1
        local.get $3
        i32.add
        local.get $2
        if (result v128)
         local.get $23
         local.get $2
         local.get $3
         i32.add
         v128.load
         f32x4.add
        else
         local.get $23
        end
        local.get $15
        f32x4.pmax
        local.get $19
        f32x4.pmin
        v128.store
       else
        local.get $0
        v128.const i32x4 0x00000000 0x00000000 0x00000000 0x00000000
        v128.store
        local.get $2
        if
         local.get $0
         local.set $4
         local.get $2
         local.get $3
         i32.add
         local.set $13
         local.get $5
         local.get $18
         i32.sub
         local.set $14
         loop $for-loop|00
          local.get $14
          i32.const 4
          i32.ge_s
          if
           local.get $4
           local.get $13
           v128.load
           v128.store
           local.get $14
           i32.const 4
           i32.sub
           local.set $14
           local.get $4
           i32.const 16
           i32.add
           local.set $4
           local.get $13
           i32.const 16
           i32.add
           local.set $13
           br $for-loop|00
          end
         end
         loop $for-loop|11
          local.get $14
          i32.const 0
          i32.gt_s
          if
           local.get $4
           local.get $13
           f32.load
           f32.store
           local.get $14
           i32.const 1
           i32.sub
           local.set $14
           local.get $4
           i32.const 4
           i32.add
           local.set $4
           local.get $13
           i32.const 4
           i32.add
           local.set $13
           br $for-loop|11
          end
         end
        end
        local.get $0
        local.get $23
        local.get $0
        v128.load
        f32x4.add
        local.get $15
        f32x4.pmax
        local.get $19
        f32x4.pmin
        v128.store
        local.get $1
        local.get $3
        i32.add
        local.set $13
        local.get $0
        local.set $4
        local.get $5
        local.get $18
        i32.sub
        local.set $14
        loop $for-loop|02
         local.get $14
         i32.const 4
         i32.ge_s
         if
          local.get $13
          local.get $4
          v128.load
          v128.store
          local.get $14
          i32.const 4
          i32.sub
          local.set $14
          local.get $13
          i32.const 16
          i32.add
          local.set $13
          local.get $4
          i32.const 16
          i32.add
          local.set $4
          br $for-loop|02
         end
        end
        loop $for-loop|13
         local.get $14
         i32.const 0
         i32.gt_s
         if
          local.get $13
          local.get $4
          f32.load
          f32.store
          local.get $14
          i32.const 1
          i32.sub
          local.set $14
          local.get $13
          i32.const 4
          i32.add
          local.set $13
          local.get $4
          i32.const 4
          i32.add
          local.set $4
          br $for-loop|13
         end
        end
       end
       local.get $17
       i32.const 1
       i32.add
       local.set $17
       local.get $3
       local.get $21
       i32.add
       local.set $3
       local.get $0
       i32.const 16
       i32.add
       local.set $0
       br $for-loop|3
      end
     end
     local.get $16
     i32.const 1
     i32.add
     local.set $16
     br $for-loop|2
    end
   end
   local.get $18
   i32.const 4
   i32.add
   local.set $18
   local.get $6
   i32.const 16
   i32.add
   local.set $6
   local.get $8
   i32.const 16
   i32.add
   local.set $8
   br $for-loop|0
  end
 end
)

(func $assembly/winograd-tiles/transformInputs (param $0 i32) (param $1 i32) (param $2 i32) (param $3 i32) (param $4 i32) (param $5 i32) (param $6 i32)
 (local $7 i32)
 (local $8 i32)
 (local $9 i32)
 (local $10 i32)
 (local $11 i32)
 (local $12 i32)
 (local $13 i32)
 (local $14 i32)
 (local $15 i32)
 (local $16 i32)
 (local $17 i32)
 (local $18 i32)
 (local $19 i32)
 local.get $6
 local.tee $7
 i32.const 576
 i32.add
 local.tee $14
 i32.const 576
 i32.add
 local.tee $8
 i32.const 9216
 i32.add
 local.tee $15
 i32.const 0
 local.get $0
 i32.load offset=12
 i32.const 2
 i32.shl
 memory.fill
 loop $for-loop|0
  local.get $3
  local.get $13
  i32.gt_s
  if
   i32.const 0
   local.set $11
   loop $for-loop|1
    local.get $11
    i32.const 4
    i32.lt_s
    if
     local.get $7
     local.get $11
     i32.const 144
     i32.mul
     i32.add
     local.set $12
     local.get $2
     local.get $11
     local.get $13
     i32.add
     local.tee $6
     local.get $3
     i32.const 1
     i32.sub
     local.tee $9
     local.get $6
     local.get $9
     i32.lt_s
     select
     i32.add
     local.tee $6
     local.get $0
     i32.load offset=20
     i32.const 3
     i32.add
     i32.const 4
     i32.div_s
     local.tee $10
     local.get $0
     i32.load offset=16
     i32.const 3
     i32.add
     i32.const 4
     i32.div_s
     local.tee $17
     i32.mul
     i32.div_s
     local.set $16
     local.get $6
     local.get $10
     i32.rem_s
     i32.const 2
     i32.shl
     local.get $0
     i32.load offset=48
     i32.sub
     local.set $9
     local.get $6
     local.get $10
     i32.div_s
     local.get $17
     i32.rem_s
     i32.const 2
     i32.shl
     local.get $0
     i32.load offset=44
     i32.sub
     local.tee $17
     local.set $10
     loop $for-loop|00
      local.get $10
      local.get $17
      i32.const 6
      i32.add
      i32.lt_s
      if
       local.get $9
       local.set $6
       loop $for-loop|11
        local.get $6
        local.get $9
        i32.const 6
        i32.add
        i32.lt_s
        if
         local.get $0
         i32.load offset=4
         local.tee $18
         local.get $10
         i32.gt_u
         local.set $19
         local.get $12
         local.get $1
         local.get $0
         i32.load offset=12
         local.get $16
         local.get $18
         i32.mul
         local.get $10
         i32.add
         local.get $0
         i32.load offset=8
         local.tee $18
         i32.mul
         local.get $6
         i32.add
         i32.mul
         i32.const 2
         i32.shl
         i32.add
         local.get $15
         local.get $6
         local.get $18
         i32.lt_u
         local.get $19
         local.get $19
         select
         select
         i32.store
         local.get $6
         i32.const 1
         i32.add
         local.set $6
         local.get $12
         i32.const 4
         i32.add
         local.set $12
         br $for-loop|11
        end
       end
       local.get $10
       i32.const 1
       i32.add
       local.set $10
       br $for-loop|00
      end
     end
     local.get $11
     i32.const 1
     i32.add
     local.set $11
     br $for-loop|1
    end
   end
   i32.const 0
   local.set $9
   loop $for-loop|2
    local.get $0
    i32.load offset=12
    local.tee $6
    local.get $9
    i32.gt_s
    if
     i32.const 16
     local.get $6
     local.get $9
     i32.sub
     local.tee $6
     local.get $6
     i32.const 16
     i32.gt_s
     select
     local.set $12
     i32.const 0
     local.set $6
     loop $for-loop|3
      local.get $6
      i32.const 4
      i32.lt_s
      if
       local.get $7
       local.get $6
       i32.const 144
       i32.mul
       i32.add
       local.set $10
       local.get $8
       local.get $6
       i32.const 6
       i32.shl
       i32.add
       local.set $16
       i32.const 0
       local.set $11
       loop $for-loop|4
        local.get $11
        local.get $12
        i32.lt_s
        if
         local.get $10
         local.get $9
         local.get $11
         i32.add
         i32.const 2
         i32.shl
         local.get $14
         local.get $16
         local.get $11
         i32.const 2
         i32.shl
         i32.add
         call $assembly/winograd-tiles/transformInput
         local.get $11
         i32.const 4
         i32.add
         local.set $11
         br $for-loop|4
        end
       end
       local.get $6
       i32.const 1
       i32.add
       local.set $6
       br $for-loop|3
      end
     end
     local.get $8
     local.set $6
     local.get $4
     local.get $9
     i32.const 4
     i32.shl
     i32.add
     local.set $11
     i32.const 0
     local.set $10
     loop $for-loop|5
      local.get $10
      i32.const 36
      i32.lt_s
      if
       local.get $11
       local.get $6
       local.get $6
       i32.const -64
       i32.sub
       local.get $6
       i32.const 128
       i32.add
       local.tee $16
       local.get $16
       i32.const -64
       i32.sub
       local.get $12
       call $assembly/pack/interleave
       local.get $10
       i32.const 1
       i32.add
       local.set $10
       local.get $6
       i32.const 256
       i32.add
       local.set $6
       local.get $5
       local.get $11
       i32.add
       local.set $11
       br $for-loop|5
      end
     end
     local.get $9
     i32.const 16
     i32.add
     local.set $9
     br $for-loop|2
    end
   end
   local.get $13
   i32.const 4
   i32.add
   local.set $13
   local.get $4
   local.get $0
   i32.load offset=12
   i32.const 4
   i32.shl
   i32.add
   local.set $4
   br $for-loop|0
  end
 end
)

(func $assembly/winograd-tiles/transformInput (param $0 i32) (param $1 i32) (param $2 i32) (param $3 i32)
 (local $4 i32)
 (local $5 v128)
 (local $6 i32)
 (local $7 v128)
 (local $8 v128)
 (local $9 v128)
 (local $10 v128)
 (local $11 v128)
 (local $12 v128)
 local.get $2
 local.set $4
 loop $for-loop|0
  local.get $6
  i32.const 6
  i32.lt_s
  if
   local.get $0
   i32.load offset=120
   local.get $1
   i32.add
   v128.load
   local.set $5
   local.get $0
   i32.load offset=96
   local.get $1
   i32.add
   v128.load
   local.tee $7
   local.get $0
   i32.load offset=48
   local.get $1
   i32.add
   v128.load
   local.tee $8
   local.get $8
   f32x4.add
   f32x4.sub
   local.set $9
   local.get $0
   i32.load offset=72
   local.get $1
   i32.add
   v128.load
   local.tee $10
   local.get $0
   i32.load offset=24
   local.get $1
   i32.add
   v128.load
   local.tee $11
   local.get $11
   f32x4.add
   f32x4.sub
   v128.const i32x4 0x3f3504f3 0x3f3504f3 0x3f3504f3 0x3f3504f3
   f32x4.mul
   local.set $12
   local.get $4
   local.get $0
   i32.load
   local.get $1
   i32.add
   v128.load
   local.get $8
   v128.const i32x4 0x40200000 0x40200000 0x40200000 0x40200000
   f32x4.mul
   f32x4.sub
   local.get $7
   f32x4.add
   v128.store
   local.get $4
   local.get $9
   local.get $12
   f32x4.add
   v128.store offset=96
   local.get $4
   local.get $9
   local.get $12
   f32x4.sub
   v128.store offset=192
   local.get $4
   local.get $7
   local.get $8
   v128.const i32x4 0x3f000000 0x3f000000 0x3f000000 0x3f000000
   f32x4.mul
   f32x4.sub
   local.tee $7
   local.get $10
   local.get $11
   v128.const i32x4 0x3f000000 0x3f000000 0x3f000000 0x3f000000
   f32x4.mul
   f32x4.sub
   v128.const i32x4 0x3fb504f3 0x3fb504f3 0x3fb504f3 0x3fb504f3
   f32x4.mul
   local.tee $8
   f32x4.add
   v128.store offset=288
   local.get $4
   local.get $7
   local.get $8
   f32x4.sub
   v128.store offset=384
   local.get $4
   local.get $11
   local.get $10
   v128.const i32x4 0x40200000 0x40200000 0x40200000 0x40200000
   f32x4.mul
   f32x4.sub
   local.get $5
   f32x4.add
   v128.store offset=480
   local.get $6
   i32.const 1
   i32.add
   local.set $6
   local.get $0
   i32.const 4
   i32.add
   local.set $0
   local.get $4
   i32.const 16
   i32.add
   local.set $4
   br $for-loop|0
  end
 end
 i32.const 0
 local.set $4
 loop $for-loop|1
  local.get $4
  i32.const 6
  i32.lt_s
  if
   local.get $2
   v128.load offset=80
   local.set $5
   local.get $2
   v128.load offset=64
   local.tee $7
   local.get $2
   v128.load offset=32
   local.tee $8
   local.get $8
   f32x4.add
   f32x4.sub
   local.set $9
   local.get $2
   v128.load offset=48
   local.tee $10
   local.get $2
   v128.load offset=16
   local.tee $11
   local.get $11
   f32x4.add
   f32x4.sub
   v128.const i32x4 0x3f3504f3 0x3f3504f3 0x3f3504f3 0x3f3504f3
   f32x4.mul
   local.set $12
   local.get $3
   local.get $2
   v128.load
   local.get $8
   v128.const i32x4 0x40200000 0x40200000 0x40200000 0x40200000
   f32x4.mul
   f32x4.sub
   local.get $7
   f32x4.add
   v128.store
   local.get $3
   i32.const 256
   i32.add
   local.tee $0
   local.get $9
   local.get $12
   f32x4.add
   v128.store
   local.get $0
   i32.const 256
   i32.add
   local.tee $1
   local.get $9
   local.get $12
   f32x4.sub
   v128.store
   local.get $0
   local.get $7
   local.get $8
   v128.const i32x4 0x3f000000 0x3f000000 0x3f000000 0x3f000000
   f32x4.mul
   f32x4.sub
   local.tee $7
   local.get $10
   local.get $11
   v128.const i32x4 0x3f000000 0x3f000000 0x3f000000 0x3f000000
   f32x4.mul
   f32x4.sub
   v128.const i32x4 0x3fb504f3 0x3fb504f3 0x3fb504f3 0x3fb504f3
   f32x4.mul
   local.tee $8
   f32x4.add
   v128.store offset=512
   local.get $0
   local.get $7
   local.get $8
   f32x4.sub
   v128.store offset=768
   local.get $1
   local.get $11
   local.get $10
   v128.const i32x4 0x40200000 0x40200000 0x40200000 0x40200000
   f32x4.mul
   f32x4.sub
   local.get $5
   f32x4.add
   v128.store offset=768
   local.get $4
   i32.const 1
   i32.add
   local.set $4
   local.get $2
   i32.const 96
   i32.add
   local.set $2
   local.get $3
   i32.const 1536
   i32.add
   local.set $3
   br $for-loop|1
  end
 end
)
