;; Release code of assembly/gemm.ts, written by `npm run build:wat`: a change of it shows here.

(func $assembly/gemm/tile (param $0 i32) (param $1 i32) (param $2 i32) (param $3 i32) (param $4 i32) (param $5 i32) (param $6 i32) (param $7 i32) (param $8 i32) (param $9 f32) (param $10 f32)
 (local $11 v128)
 (local $12 v128)
 (local $13 v128)
 (local $14 v128)
 (local $15 v128)
 (local $16 v128)
 (local $17 v128)
 (local $18 v128)
 (local $19 i32)
 (local $20 i32)
 (local $21 v128)
 (local $22 v128)
 (local $23 v128)
 local.get $2
 i32.eqz
 if
  local.get $7
  if (result v128)
   local.get $7
   v128.load
   local.set $11
   local.get $7
   v128.load offset=16
  else
   v128.const i32x4 0x00000000 0x00000000 0x00000000 0x00000000
  end
  local.set $12
  local.get $11
  local.tee $15
  local.tee $22
  local.set $21
  local.get $12
  local.tee $14
  local.tee $23
  local.set $13
  local.get $8
  if
   local.get $22
   local.get $8
   v128.load
   f32x4.add
   local.set $11
   local.get $12
   local.get $8
   v128.load offset=16
   f32x4.add
   local.set $12
   local.get $22
   local.get $6
   local.get $8
   i32.add
   local.tee $2
   v128.load
   f32x4.add
   local.set $15
   local.get $14
   local.get $2
   v128.load offset=16
   f32x4.add
   local.set $14
   local.get $22
   local.get $2
   local.get $6
   i32.add
   local.tee $2
   v128.load
   f32x4.add
   local.set $22
   local.get $23
   local.get $2
   v128.load offset=16
   f32x4.add
   local.set $23
   local.get $21
   local.get $2
   local.get $6
   i32.add
   local.tee $2
   v128.load
   f32x4.add
   local.set $21
   local.get $13
   local.get $2
   v128.load offset=16
   f32x4.add
   local.set $13
  end
  local.get $4
  local.get $0
  i32.const 5
  i32.shl
  i32.add
  local.set $0
  loop $for-loop|0
   local.get $0
   local.get $4
   i32.gt_u
   if
    local.get $1
    v128.load32_splat
    local.tee $16
    local.get $4
    v128.load
    local.tee $18
    local.get $11
    f32x4.relaxed_madd
    local.set $11
    local.get $16
    local.get $4
    v128.load offset=16
    local.tee $17
    local.get $12
    f32x4.relaxed_madd
    local.set $12
    local.get $1
    v128.load32_splat offset=4
    local.tee $16
    local.get $18
    local.get $15
    f32x4.relaxed_madd
    local.set $15
    local.get $16
    local.get $17
    local.get $14
    f32x4.relaxed_madd
    local.set $14
    local.get $1
    v128.load32_splat offset=8
    local.tee $16
    local.get $18
    local.get $22
    f32x4.relaxed_madd
    local.set $22
    local.get $16
    local.get $17
    local.get $23
    f32x4.relaxed_madd
    local.set $23
    local.get $1
    v128.load32_splat offset=12
    local.tee $16
    local.get $18
    local.get $21
    f32x4.relaxed_madd
    local.set $21
    local.get $16
    local.get $17
    local.get $13
    f32x4.relaxed_madd
    local.set $13
    local.get $1
    i32.const 16
    i32.add
    local.set $1
    local.get $4
    i32.const 32
    i32.add
    local.set $4
    br $for-loop|0
   end
  end
  local.get $5
  local.get $11
  local.get $9
  f32x4.splat
  local.tee $16
  f32x4.pmax
  local.get $10
  f32x4.splat
  local.tee $11
  f32x4.pmin
  v128.store
  local.get $5
  local.get $12
  local.get $16
  f32x4.pmax
  local.get $11
  f32x4.pmin
  v128.store offset=16
  local.get $5
  local.get $6
  i32.add
  local.tee $0
  local.get $15
  local.get $16
  f32x4.pmax
  local.get $11
  f32x4.pmin
  v128.store
  local.get $0
  local.get $14
  local.get $16
  f32x4.pmax
  local.get $11
  f32x4.pmin
  v128.store offset=16
  local.get $0
  local.get $6
  i32.add
  local.tee $0
  local.get $22
  local.get $16
  f32x4.pmax
  local.get $11
  f32x4.pmin
  v128.store
  local.get $0
  local.get $23
  local.get $16
  f32x4.pmax
  local.get $11
  f32x4.pmin
  v128.store offset=16
  local.get $0
  local.get $6
  i32.add
  local.tee $0
  local.get $21
  local.get $16
  f32x4.pmax
  local.get $11
  f32x4.pmin
  v128.store
  local.get $0
  local.get $13
  local.get $16
  f32x4.pmax
  local.get $11
  f32x4.pmin
  v128.store offset=16
  return
 end
 local.get $1
 local.get $2
 i32.const 1
 local.get $3
 local.get $3
 i32.const 1
 i32.gt_s
 select
 i32.mul
 i32.add
 local.set $20
 local.get $1
 local.get $2
 i32.const 2
 local.get $3
 local.get $3
 i32.const 2
 i32.gt_s
 select
 i32.mul
 i32.add
 local.set $19
 local.get $1
 local.get $2
 i32.const 3
 local.get $3
 local.get $3
 i32.const 3
 i32.gt_s
 select
 i32.mul
 i32.add
 local.set $2
 local.get $7
 if (result v128)
  local.get $7
  v128.load
  local.set $11
  local.get $7
  v128.load offset=16
 else
  v128.const i32x4 0x00000000 0x00000000 0x00000000 0x00000000
 end
 local.set $12
 local.get $11
 local.tee $15
 local.tee $22
 local.set $21
 local.get $12
 local.tee $14
 local.tee $23
 local.set $13
 local.get $8
 if
  local.get $22
  local.get $8
  v128.load
  f32x4.add
  local.set $11
  local.get $12
  local.get $8
  v128.load offset=16
  f32x4.add
  local.set $12
  local.get $22
  local.get $6
  local.get $8
  i32.add
  local.tee $3
  v128.load
  f32x4.add
  local.set $15
  local.get $14
  local.get $3
  v128.load offset=16
  f32x4.add
  local.set $14
  local.get $22
  local.get $3
  local.get $6
  i32.add
  local.tee $3
  v128.load
  f32x4.add
  local.set $22
  local.get $23
  local.get $3
  v128.load offset=16
  f32x4.add
  local.set $23
  local.get $21
  local.get $3
  local.get $6
  i32.add
  local.tee $3
  v128.load
  f32x4.add
  local.set $21
  local.get $13
  local.get $3
  v128.load offset=16
  f32x4.add
  local.set $13
 end
 local.get $4
 local.get $0
 i32.const 5
 i32.shl
 i32.add
 local.set $0
 loop $for-loop|1
  local.get $0
  local.get $4
  i32.gt_u
  if
   local.get $1
   v128.load32_splat
   local.tee $16
   local.get $4
   v128.load
   local.tee $18
   local.get $11
   f32x4.relaxed_madd
   local.set $11
   local.get $16
   local.get $4
   v128.load offset=16
   local.tee $17
   local.get $12
   f32x4.relaxed_madd
   local.set $12
   local.get $20
   v128.load32_splat
   local.tee $16
   local.get $18
   local.get $15
   f32x4.relaxed_madd
   local.set $15
   local.get $16
   local.get $17
   local.get $14
   f32x4.relaxed_madd
   local.set $14
   local.get $19
   v128.load32_splat
   local.tee $16
   local.get $18
   local.get $22
   f32x4.relaxed_madd
   local.set $22
   local.get $16
   local.get $17
   local.get $23
   f32x4.relaxed_madd
   local.set $23
   local.get $2
   v128.load32_splat
   local.tee $16
   local.get $18
   local.get $21
   f32x4.relaxed_madd
   local.set $21
   local.get $16
   local.get $17
   local.get $13
   f32x4.relaxed_madd
   local.set $13
   local.get $20
   i32.const 4
   i32.add
   local.set $20
   local.get $19
   i32.const 4
   i32.add
   local.set $19
   local.get $2
   i32.const 4
   i32.add
   local.set $2
   local.get $1
   i32.const 4
   i32.add
   local.set $1
   local.get $4
   i32.const 32
   i32.add
   local.set $4
   br $for-loop|1
  end
 end
 local.get $5
 local.get $11
 local.get $9
 f32x4.splat
 local.tee $16
 f32x4.pmax
 local.get $10
 f32x4.splat
 local.tee $11
 f32x4.pmin
 v128.store
 local.get $5
 local.get $12
 local.get $16
 f32x4.pmax
 local.get $11
 f32x4.pmin
 v128.store offset=16
 local.get $5
 local.get $6
 i32.add
 local.tee $0
 local.get $15
 local.get $16
 f32x4.pmax
 local.get $11
 f32x4.pmin
 v128.store
 local.get $0
 local.get $14
 local.get $16
 f32x4.pmax
 local.get $11
 f32x4.pmin
 v128.store offset=16
 local.get $0
 local.get $6
 i32.add
 local.tee $0
 local.get $22
 local.get $16
 f32x4.pmax
 local.get $11
 f32x4.pmin
 v128.store
 local.get $0
 local.get $23
 local.get $16
 f32x4.pmax
 local.get $11
 f32x4.pmin
 v128.store offset=16
 local.get $0
 local.get $6
 i32.add
 local.tee $0
 local.get $21
 local.get $16
 f32x4.pmax
 local.get $11
 f32x4.pmin
 v128.store
 local.get $0
 local.get $13
 local.get $16
 f32x4.pmax
 local.get $11
 f32x4.pmin
 v128.store offset=16
)

(func $assembly/gemm/multiply (param $0 i32) (param $1 i32) (param $2 i32) (param $3 i32) (param $4 i32) (param $5 i32) (param $6 i32) (param $7 i32) (param $8 i32) (param $9 i32) (param $10 i32) (param $11 f32) (param $12 f32) (param $13 i32)
 (local $14 i32)
 (local $15 i32)
 (local $16 i32)
 (local $17 i32)
 (local $18 i32)
 (local $19 i32)
 (local $20 i32)
 (local $21 i32)
 (local $22 i32)
 (local $23 i32)
 (local $24 i32)
 (local $25 i32)
 (local $26 i32)
 (local $27 i32)
 (local $28 i32)
 (local $29 i32)
 local.get $4
 i32.const 2
 i32.shl
 local.get $2
 i32.const 4
 i32.shl
 local.get $4
 select
 local.set $22
 loop $for-loop|0
  local.get $1
  local.get $28
  i32.gt_s
  if
   local.get $1
   local.get $28
   i32.sub
   local.set $29
   local.get $3
   local.set $19
   local.get $28
   i32.const 2
   i32.shl
   local.set $27
   i32.const 0
   local.set $26
   loop $for-loop|1
    local.get $0
    local.get $26
    i32.gt_s
    if
     local.get $0
     local.get $26
     i32.sub
     local.tee $14
     i32.const 4
     i32.ge_s
     local.set $16
     i32.const 4
     local.get $14
     local.get $16
     select
     i32.const 1
     i32.sub
     local.set $25
     local.get $7
     local.get $27
     i32.add
     local.set $20
     local.get $10
     local.get $27
     i32.add
     i32.const 0
     local.get $10
     select
     local.set $15
     local.get $29
     i32.const 8
     i32.ge_s
     local.get $16
     i32.and
     if
      local.get $2
      local.get $19
      local.get $4
      local.get $25
      local.get $5
      local.get $20
      local.get $8
      local.get $9
      local.get $15
      local.get $11
      local.get $12
      call $assembly/gemm/tile
     else
      local.get $13
      local.set $14
      local.get $25
      i32.const 1
      i32.add
      local.set $23
      i32.const 0
      local.set $18
      loop $for-loop|00
       local.get $18
       i32.const 128
       i32.lt_u
       if
        local.get $14
        local.get $18
        i32.add
        v128.const i32x4 0x00000000 0x00000000 0x00000000 0x00000000
        v128.store
        local.get $18
        i32.const 16
        i32.add
        local.set $18
        br $for-loop|00
       end
      end
      local.get $15
      if
       i32.const 8
       local.get $29
       local.get $29
       i32.const 8
       i32.ge_s
       select
       local.set $21
       i32.const 0
       local.set $24
       loop $for-loop|11
        local.get $23
        local.get $24
        i32.gt_s
        if
         local.get $14
         local.set $18
         local.get $15
         local.set $17
         local.get $21
         local.set $16
         loop $for-loop|002
          local.get $16
          i32.const 4
          i32.ge_s
          if
           local.get $18
           local.get $17
           v128.load
           v128.store
           local.get $16
           i32.const 4
           i32.sub
           local.set $16
           local.get $18
           i32.const 16
           i32.add
           local.set $18
           local.get $17
           i32.const 16
           i32.add
           local.set $17
           br $for-loop|002
          end
         end
         loop $for-loop|113
          local.get $16
          i32.const 0
          i32.gt_s
          if
           local.get $18
           local.get $17
           f32.load
           f32.store
           local.get $16
           i32.const 1
           i32.sub
           local.set $16
           local.get $18
           i32.const 4
           i32.add
           local.set $18
           local.get $17
           i32.const 4
           i32.add
           local.set $17
           br $for-loop|113
          end
         end
         local.get $24
         i32.const 1
         i32.add
         local.set $24
         local.get $14
         i32.const 32
         i32.add
         local.set $14
         local.get $8
         local.get $15
         i32.add
         local.set $15
         br $for-loop|11
        end
       end
      end
      local.get $2
      local.get $19
      local.get $4
      local.get $25
      local.get $5
      local.get $13
      i32.const 32
      local.get $9
      local.get $13
      local.get $11
      local.get $12
      call $assembly/gemm/tile
      local.get $20
      local.set $14
      local.get $13
      local.set $15
      i32.const 8
      local.get $29
      local.get $29
      i32.const 8
      i32.ge_s
      select
      local.set $20
      i32.const 0
      local.set $21
      loop $for-loop|04
       local.get $21
       local.get $23
       i32.lt_s
       if
        local.get $14
        local.set $18
        local.get $15
        local.set $17
        local.get $20
        local.set $16
        loop $for-loop|005
         local.get $16
         i32.const 4
         i32.ge_s
         if
          local.get $18
          local.get $17
          v128.load
          v128.store
          local.get $16
          i32.const 4
          i32.sub
          local.set $16
          local.get $18
          i32.const 16
          i32.add
          local.set $18
          local.get $17
          i32.const 16
          i32.add
          local.set $17
          br $for-loop|005
         end
        end
        loop $for-loop|16
         local.get $16
         i32.const 0
         i32.gt_s
         if
          local.get $18
          local.get $17
          f32.load
          f32.store
          local.get $16
          i32.const 1
          i32.sub
          local.set $16
          local.get $18
          i32.const 4
          i32.add
          local.set $18
          local.get $17
          i32.const 4
          i32.add
          local.set $17
          br $for-loop|16
         end
        end
        local.get $21
        i32.const 1
        i32.add
        local.set $21
        local.get $15
        i32.const 32
        i32.add
        local.set $15
        local.get $8
        local.get $14
        i32.add
        local.set $14
        br $for-loop|04
       end
      end
     end
     local.get $27
     local.get $8
     i32.const 2
     i32.shl
     i32.add
     local.set $27
     local.get $26
     i32.const 4
     i32.add
     local.set $26
     local.get $19
     local.get $22
     i32.add
     local.set $19
     br $for-loop|1
    end
   end
   local.get $6
   local.get $9
   i32.add
   local.get $9
   local.get $9
   select
   local.set $9
   local.get $28
   i32.const 8
   i32.add
   local.set $28
   local.get $5
   local.get $6
   i32.add
   local.set $5
   br $for-loop|0
  end
 end
)
